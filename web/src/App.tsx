/** Which screen: signed out, the crew's, the dispatcher's. */
import { Center, Loader } from "@mantine/core";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, Route, Routes } from "react-router";
import { useMe } from "./api/queries";
import type { Me } from "./api/shapes";
import { useSignedIn } from "./auth/current";
import { Login } from "./auth/Login";
import { homeOf, looksBack, may } from "./auth/rights";
import { Unreachable } from "./ui/Unreachable";

const MapPage = lazy(() => import("./map/MapPage"));
const ReplayPage = lazy(() => import("./replay/ReplayPage"));
const AttendancePage = lazy(() => import("./attendance/AttendancePage"));
const FencesPage = lazy(() => import("./fences/FencesPage"));
const CrewPage = lazy(() => import("./crew/CrewPage"));

function Waiting() {
  const { t } = useTranslation();
  return (
    <Center h="100dvh" role="status" aria-label={t("loading")}>
      <Loader color="ink" />
    </Center>
  );
}

function Screens({ me }: { me: Me }) {
  const home = homeOf(me);
  return (
    <Suspense fallback={<Waiting />}>
      <Routes>
        <Route path="/map" element={home === "/map" ? <MapPage me={me} /> : <Navigate to={home} replace />} />
        <Route path="/trips" element={looksBack(me) ? <ReplayPage me={me} /> : <Navigate to={home} replace />} />
        <Route
          path="/attendance"
          element={
            home === "/map" && may(me, "attendance:read") ? (
              <AttendancePage me={me} />
            ) : (
              <Navigate to={home} replace />
            )
          }
        />
        <Route path="/crew/*" element={home === "/crew" ? <CrewPage me={me} /> : <Navigate to={home} replace />} />
        <Route path="/fences" element={may(me, "fence:read") ? <FencesPage me={me} /> : <Navigate to={home} replace />} />
        <Route path="*" element={<Navigate to={home} replace />} />
      </Routes>
    </Suspense>
  );
}

function SignedIn() {
  const me = useMe();
  if (me.data !== undefined) return <Screens me={me.data} />;
  if (me.error !== null) return <Unreachable error={me.error} onRetry={() => void me.refetch()} />;
  return <Waiting />;
}

export function App() {
  return useSignedIn() ? (
    <SignedIn />
  ) : (
    <Routes>
      <Route path="/login" element={<Login />} />
      <Route path="*" element={<Navigate to="/login" replace />} />
    </Routes>
  );
}
