/** The server's time on this machine: offers end and positions age by its clock, not by ours. */
let offsetMs = 0;

/** Learn from a `now` the server has just sent. */
export function setServerNow(iso: string): void {
  const server = Date.parse(iso);
  if (!Number.isNaN(server)) offsetMs = server - Date.now();
}

export function serverNow(): number {
  return Date.now() + offsetMs;
}
