/** The photos of a task: take one, see where each stands, try again. */
import { IconAlertTriangle, IconCamera, IconShieldCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { request } from "../api/client";
import type { Page, Proof } from "../api/shapes";
import { useProblemWords } from "../ui/problemWords";
import css from "./crew.module.css";
import { addPhoto, carry, type Photo, type Refusal, usePhotos } from "./proofs";

interface Props {
  taskId: string;
  /** The work is done: show, take no more. */
  finished?: boolean;
}

export function PhotoStrip({ taskId, finished = false }: Props) {
  const { t } = useTranslation();
  const [refused, setRefused] = useState<Refusal | null>(null);
  const photos = usePhotos((state) => state.photos).filter((photo) => photo.taskId === taskId);
  const stored = useQuery({
    queryKey: ["proofs", taskId],
    queryFn: ({ signal }) =>
      request<Page<Proof>>("GET", "/proofs", { query: { task_id: taskId }, signal }),
  });
  const here = new Set(photos.map((photo) => photo.upload?.proof.id ?? photo.id));
  const verified = (stored.data?.items ?? []).filter(
    (proof) => proof.state === "verified" && !here.has(proof.id),
  ).length;

  return (
    <div className={css.photos}>
      {verified > 0 && (
        <p className={css.verified}>
          <IconShieldCheck size={20} aria-hidden="true" /> {t("photo.stored", { count: verified })}
        </p>
      )}
      {photos.map((photo) => (
        <PhotoLine key={photo.id} photo={photo} />
      ))}
      {!finished && (
        <label className={css.camera}>
          <IconCamera size={24} aria-hidden="true" />
          {t(photos.length + verified === 0 ? "photo.take" : "photo.another")}
          <input
            type="file"
            accept="image/jpeg,image/png,image/webp"
            capture="environment"
            data-testid="photo-input"
            onChange={(event) => {
              const file = event.currentTarget.files?.[0];
              event.currentTarget.value = "";
              if (file !== undefined) setRefused(addPhoto(taskId, file));
            }}
          />
        </label>
      )}
      {refused !== null && (
        <p className={css.fault} role="alert">
          {t(`photo.refused.${refused}`)}
        </p>
      )}
    </div>
  );
}

function PhotoLine({ photo }: { photo: Photo }) {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const { step, error, part, preview } = photo;
  const failed = error !== null;
  return (
    <div className={css.photo} data-testid="photo" data-step={step} data-failed={failed}>
      <img src={preview} alt="" />
      <div className={css.photoWords} role="status">
        <strong data-good={step === "verified"} data-bad={failed || step === "mismatch"}>
          {step === "verified" && <IconShieldCheck size={20} aria-hidden="true" />}
          {(failed || step === "mismatch") && <IconAlertTriangle size={20} aria-hidden="true" />}
          {failed ? t("photo.failed") : t(`photo.step.${step}`)}
        </strong>
        {failed && <span>{problemWords(error)}</span>}
        {!failed && step === "uploading" && (
          <progress value={part} max={1} aria-label={t("photo.step.uploading")} />
        )}
      </div>
      {failed && (
        <button
          type="button"
          className={css.again}
          data-testid="photo-retry"
          onClick={() => void carry(photo.id)}
        >
          {t("retry")}
        </button>
      )}
    </div>
  );
}
