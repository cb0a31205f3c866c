/** One of the map's own symbols in the page, so that a legend cannot drift from the map. */
import { useEffect, useRef } from "react";
import { type Draw, drawn } from "./icons";

interface Props {
  draw: Draw;
  side: number;
  scale?: number;
}

export function Symbol({ draw, side, scale = 1 }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const image = drawn(side, draw);
    element.width = image.width;
    element.height = image.height;
    element.getContext("2d")?.putImageData(image, 0, 0);
  }, [draw, side]);
  return <canvas ref={canvas} aria-hidden="true" style={{ width: side * scale, height: side * scale }} />;
}
