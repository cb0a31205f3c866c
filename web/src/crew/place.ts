/** One position, of this moment, for a declaration: asked once, never followed. */
export interface Place {
  lon?: number;
  lat?: number;
  accuracy_m?: number;
  provider?: string;
}

const WAIT_MS = 6000;

/** Where the phone is now; empty when it cannot or will not say, for a declaration needs none. */
export function placeNow(): Promise<Place> {
  const locator = (navigator as { geolocation?: Geolocation }).geolocation;
  if (locator === undefined) return Promise.resolve({});
  return new Promise((resolve) => {
    // Some browsers never answer while they ask the person.
    const late = setTimeout(() => resolve({}), WAIT_MS + 500);
    const done = (place: Place) => {
      clearTimeout(late);
      resolve(place);
    };
    locator.getCurrentPosition(
      ({ coords }) =>
        done({
          lon: coords.longitude,
          lat: coords.latitude,
          accuracy_m: coords.accuracy,
          provider: "browser",
        }),
      () => done({}),
      { enableHighAccuracy: true, timeout: WAIT_MS, maximumAge: 15_000 },
    );
  });
}
