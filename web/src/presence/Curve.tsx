/** The evidence: how probable "inside" was, fix by fix; a small dot is a fix hardly believed. */
import { usePresenceWords } from "../i18n/presence/words";
import { useWords } from "../ui/useWords";
import css from "./presence.module.css";
import type { Point } from "./why";

const WIDTH = 320;
const HEIGHT = 120;
const PAD = 10;

export function Curve({ points, confidence }: { points: Point[]; confidence: number | null }) {
  const t = usePresenceWords();
  const words = useWords();
  const first = points[0];
  const last = points[points.length - 1];
  if (first === undefined || last === undefined) return null;
  const span = Math.max(1, last.atMs - first.atMs);
  const x = (point: Point) => PAD + ((point.atMs - first.atMs) / span) * (WIDTH - 2 * PAD);
  const y = (chance: number) => HEIGHT - PAD - chance * (HEIGHT - 2 * PAD);
  const limits = confidence === null ? [0.5] : [confidence, 0.5, 1 - confidence];
  return (
    <figure className={css.curve}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t("curve")}>
        {limits.map((limit) => (
          <line key={limit} x1={PAD} x2={WIDTH - PAD} y1={y(limit)} y2={y(limit)} className={css.limit} />
        ))}
        <polyline points={points.map((point) => `${x(point)},${y(point.inside)}`).join(" ")} className={css.line} />
        {points.map((point) => (
          <circle key={point.atMs} cx={x(point)} cy={y(point.inside)} r={1.5 + 3 * point.trust} className={css.dot}>
            <title>
              {t("point", {
                time: words.time(point.atMs),
                edge: Math.round(point.edgeM),
                accuracy: point.accuracyM === null ? "?" : Math.round(point.accuracyM),
                inside: Math.round(point.inside * 100),
              })}
            </title>
          </circle>
        ))}
      </svg>
      <figcaption>
        <span>{words.time(first.atMs)}</span>
        <span>{t("curve")}</span>
        <span>{words.time(last.atMs)}</span>
      </figcaption>
    </figure>
  );
}
