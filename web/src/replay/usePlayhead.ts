/** The playhead: a moment of the day that runs while it plays. */
import { useEffect, useRef, useState } from "react";
import { clamped, type Mark } from "./playback";

export const RATES = [10, 60, 300] as const;
export type Rate = (typeof RATES)[number];

const STEP_MS = 60_000;
const FAR_MS = 600_000;

export interface Playhead {
  atMs: number;
  playing: boolean;
  rate: Rate;
  setRate: (rate: Rate) => void;
  toggle: () => void;
  seek: (atMs: number) => void;
}

export function usePlayhead(marks: readonly Mark[]): Playhead {
  const [atMs, setAtMs] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [rate, setRate] = useState<Rate>(60);
  const [seen, setSeen] = useState(marks);
  if (seen !== marks) {
    setSeen(marks);
    setAtMs(marks[0]?.atMs ?? 0);
    setPlaying(false);
  }
  const last = useRef(0);
  const endMs = marks[marks.length - 1]?.atMs ?? 0;

  useEffect(() => {
    if (!playing) return;
    last.current = performance.now();
    let frame = requestAnimationFrame(function advance(nowMs) {
      const passedMs = (nowMs - last.current) * rate;
      last.current = nowMs;
      setAtMs((before) => Math.min(before + passedMs, endMs));
      frame = requestAnimationFrame(advance);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing, rate, endMs]);

  const over = atMs >= endMs;
  return {
    atMs,
    playing: playing && !over,
    rate,
    setRate,
    seek: (to) => setAtMs(clamped(marks, to)),
    toggle: () => {
      if (over) setAtMs(marks[0]?.atMs ?? 0);
      setPlaying(over || !playing);
    },
  };
}

/** Space plays and pauses, arrows move by a minute, with Shift by ten, Home and End to the ends. */
export function useKeys(playhead: Playhead, marks: readonly Mark[], active: boolean) {
  const now = useRef({ playhead, marks });
  useEffect(() => {
    now.current = { playhead, marks };
  });
  useEffect(() => {
    if (!active) return;
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      // What has the focus keeps its own keys: a field its text, a button its space, a list its arrows.
      if (target.closest("input:not([type=range]), textarea, select, [role=dialog], [role=radiogroup]")) return;
      const { playhead: head, marks: line } = now.current;
      const step = event.shiftKey ? FAR_MS : STEP_MS;
      if (event.key === " " && target.closest("button") === null) head.toggle();
      else if (event.key === "ArrowRight") head.seek(head.atMs + step);
      else if (event.key === "ArrowLeft") head.seek(head.atMs - step);
      else if (event.key === "Home") head.seek(line[0]?.atMs ?? 0);
      else if (event.key === "End") head.seek(line[line.length - 1]?.atMs ?? 0);
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [active]);
}
