/**
 * Draws the devices: a loop that runs while markers glide and sleeps when they stand.
 *
 * Markers (icon, colour) are made again when a fix, the world or the selection changes, and every
 * few seconds because freshness ends by itself; a frame only moves them.
 */
import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import { serverNow } from "../live/clock";
import type { Fix, FixBook } from "../live/fixes";
import type { World } from "../live/world";
import { deviceFeatures, type Marker, markerOf } from "./deviceFeatures";
import { Motion } from "./motion";

const REMAKE_MS = 5000;
const FRAME_MS = 33;
/** With more markers than this a frame costs more than it shows; half the rate looks the same. */
const MANY = 400;

export class DeviceLayer {
  private readonly motion = new Motion();
  private markers: Marker[] = [];
  private frame = 0;
  private drawnAt = 0;
  private world: World | null = null;
  private selected: string | null = null;
  private readonly leave: () => void;
  private readonly remaking: ReturnType<typeof setInterval>;

  constructor(
    private readonly map: MapLibre,
    private readonly book: FixBook,
    private readonly onCount: (shown: number, frames: number) => void,
  ) {
    for (const fix of book.latest.values()) this.motion.head(fix, performance.now());
    this.leave = book.subscribe(this.take);
    this.remaking = setInterval(this.remake, REMAKE_MS);
  }

  show(world: World, selected: string | null): void {
    this.world = world;
    this.selected = selected;
    this.remake();
  }

  /** Where a device is drawn now. */
  at(device: string): [number, number] | null {
    return this.motion.at(device, performance.now());
  }

  stop(): void {
    this.leave();
    clearInterval(this.remaking);
    cancelAnimationFrame(this.frame);
  }

  private readonly take = (changed: readonly Fix[]): void => {
    const now = performance.now();
    for (const fix of changed) this.motion.head(fix, now);
    this.motion.keepOnly(new Set(this.book.latest.keys()));
    this.remake();
  };

  private readonly remake = (): void => {
    const { world } = this;
    if (world === null) return;
    const now = serverNow();
    this.markers = [...this.book.latest.values()]
      .map((fix) => markerOf(world, fix, now, this.selected))
      .filter((marker) => marker !== null);
    this.onCount(this.markers.length, this.book.frames);
    this.drawnAt = 0;
    this.wake();
  };

  private wake(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(this.draw);
  }

  private readonly draw = (now: number): void => {
    this.frame = 0;
    const moving = this.motion.isMoving(now);
    const pause = this.markers.length > MANY ? 2 * FRAME_MS : FRAME_MS;
    if (now - this.drawnAt >= pause || !moving) {
      this.drawnAt = now;
      const { points, discs } = deviceFeatures(this.markers, (id) => this.motion.at(id, now));
      void this.map.getSource<GeoJSONSource>("devices")?.setData(points);
      void this.map.getSource<GeoJSONSource>("accuracy")?.setData(discs);
    }
    if (moving) this.wake();
  };
}
