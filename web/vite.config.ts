import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The api serves dist/ at "/"; `npm run dev` forwards /api (WebSocket included) to a running one.
const api = "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  server: { host: "127.0.0.1", proxy: { "/api": { target: api, ws: true } } },
  build: {
    target: "es2022",
    // maplibre-gl alone is 1 MB; it has its own chunk and only the map's page asks for it.
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "maplibre", test: /node_modules[\\/](maplibre-gl|@maplibre|@mapbox)/ },
            { name: "mantine", test: /node_modules[\\/](@mantine|@floating-ui)/ },
            {
              name: "react",
              test: /node_modules[\\/](react|react-dom|react-router|scheduler|i18next|react-i18next|@tanstack|zustand)[\\/]/,
            },
          ],
        },
      },
    },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
