/** The server's time in milliseconds, ticking; for ages and countdowns in words. */
import { useEffect, useState } from "react";
import { serverNow } from "../live/clock";

export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
