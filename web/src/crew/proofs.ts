/**
 * A photo's way: hashed on the phone, announced, put where the server says, checked by it.
 *
 * Each step may fail and be tried again from where it stood; the photo stays until it is verified.
 */
import { create } from "zustand";
import { request } from "../api/client";
import { NoAnswer } from "../api/problem";
import { queryClient } from "../api/queries";
import type { NewProof, Proof, Upload } from "../api/shapes";
import { uuid7 } from "../api/uuid";
import { serverNow } from "../live/clock";

export type Step = "hashing" | "announcing" | "uploading" | "checking" | "verified" | "mismatch";

export interface Photo {
  id: string;
  taskId: string;
  file: Blob;
  preview: string;
  step: Step;
  /** 0 to 1 while uploading. */
  part: number;
  error: unknown;
  capturedAt: string;
  sha256: string | null;
  upload: Upload | null;
}

interface Photos {
  photos: readonly Photo[];
}

export const usePhotos = create<Photos>(() => ({ photos: [] }));

const TYPES = ["image/jpeg", "image/png", "image/webp"] as const;
type ImageType = (typeof TYPES)[number];
const LARGEST_BYTES = 20_000_000;
const UPLOAD_TIMEOUT_MS = 120_000;

/** Why a photo is refused before anything is sent; a key of `photo.refused`. */
export type Refusal = "type" | "size" | "insecure";

function typeOf(file: Blob): ImageType | undefined {
  return TYPES.find((type) => type === file.type);
}

export function addPhoto(taskId: string, file: File): Refusal | null {
  if (typeOf(file) === undefined) return "type";
  if (file.size > LARGEST_BYTES || file.size === 0) return "size";
  // crypto.subtle exists only on https or localhost, and without a hash there is no proof.
  if (!window.isSecureContext) return "insecure";
  const photo: Photo = {
    id: uuid7(),
    taskId,
    file,
    preview: URL.createObjectURL(file),
    step: "hashing",
    part: 0,
    error: null,
    capturedAt: new Date(serverNow()).toISOString(),
    sha256: null,
    upload: null,
  };
  usePhotos.setState(({ photos }) => ({ photos: [...photos, photo] }));
  void carry(photo.id);
  return null;
}

function change(id: string, part: Partial<Photo>): void {
  usePhotos.setState(({ photos }) => ({
    photos: photos.map((photo) => (photo.id === id ? { ...photo, ...part } : photo)),
  }));
}

function current(id: string): Photo {
  const found = usePhotos.getState().photos.find((photo) => photo.id === id);
  if (found === undefined) throw new Error("photo is gone");
  return found;
}

/** Go on from the step the photo stands at. */
export async function carry(id: string): Promise<void> {
  change(id, { error: null });
  try {
    await hash(id);
    await announce(id);
    await put(id);
    await check(id);
  } catch (error) {
    change(id, { error });
  }
}

async function hash(id: string): Promise<void> {
  const photo = current(id);
  if (photo.sha256 !== null) return;
  const digest = await crypto.subtle.digest("SHA-256", await photo.file.arrayBuffer());
  const sha256 = Array.from(new Uint8Array(digest), (b) => b.toString(16).padStart(2, "0")).join("");
  change(id, { sha256, step: "announcing" });
}

async function announce(id: string): Promise<void> {
  const photo = current(id);
  if (photo.upload !== null && Date.parse(photo.upload.expires_at) > serverNow() + 5000) return;
  // An address that ran out belongs to its announcement: the next one is a proof of its own.
  const proofId = photo.upload === null ? id : uuid7();
  const body: NewProof = {
    id: proofId,
    task_id: photo.taskId,
    content_type: typeOf(photo.file) ?? "image/jpeg",
    size_bytes: photo.file.size,
    sha256: photo.sha256 ?? "",
    captured_at: photo.capturedAt,
  };
  change(id, { step: "announcing" });
  const upload = await request<Upload>("POST", "/proofs", { body, idempotencyKey: proofId });
  change(id, { upload, step: "uploading", part: 0 });
}

async function put(id: string): Promise<void> {
  const { upload, file, step } = current(id);
  if (upload === null || step !== "uploading") return;
  await new Promise<void>((resolve, reject) => {
    // XMLHttpRequest, because fetch does not tell how far an upload is.
    const http = new XMLHttpRequest();
    http.open("PUT", upload.url);
    for (const [name, value] of Object.entries(upload.headers)) {
      // The browser sets the length itself and refuses to be told.
      if (!/^(content-length|host)$/i.test(name)) http.setRequestHeader(name, value);
    }
    http.timeout = UPLOAD_TIMEOUT_MS;
    http.upload.onprogress = (event) => change(id, { part: event.loaded / event.total });
    http.onload = () =>
      http.status < 300 ? resolve() : reject(new NoAnswer(`upload refused: ${http.status}`));
    http.onerror = http.ontimeout = () => reject(new NoAnswer("upload cut"));
    http.send(file);
  });
  change(id, { step: "checking", part: 1 });
}

async function check(id: string): Promise<void> {
  const { upload, taskId, step } = current(id);
  if (upload === null || step !== "checking") return;
  const proof = await request<Proof>("POST", `/proofs/${upload.proof.id}/complete`, {
    idempotencyKey: uuid7(),
  });
  change(id, { step: proof.state === "mismatch" ? "mismatch" : "verified" });
  await queryClient.invalidateQueries({ queryKey: ["proofs", taskId] });
}

/** Photos still on their way. */
export function pendingOf(photos: readonly Photo[]): number {
  return photos.filter((photo) => photo.step !== "verified" && photo.step !== "mismatch").length;
}
