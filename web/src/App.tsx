/** Which screen: signed out, the crew's, the dispatcher's. */
import { Center, Loader } from "@mantine/core";
import { lazy, type ReactElement, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, Route, Routes } from "react-router";
import { useMe } from "./api/queries";
import type { Me } from "./api/shapes";
import { useSignedIn } from "./auth/current";
import { Login } from "./auth/Login";
import { homeOf, looksBack, may } from "./auth/rights";
import { Unreachable } from "./ui/Unreachable";

const MapPage = lazy(() => import("./map/MapPage"));
const BoardPage = lazy(() => import("./board/BoardPage"));
const ReplayPage = lazy(() => import("./replay/ReplayPage"));
const AttendancePage = lazy(() => import("./attendance/AttendancePage"));
const FencesPage = lazy(() => import("./fences/FencesPage"));
const PresencePage = lazy(() => import("./presence/PresencePage"));
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
  const office = home === "/map";
  const open = (allowed: boolean, screen: ReactElement) =>
    allowed ? screen : <Navigate to={home} replace />;
  return (
    <Suspense fallback={<Waiting />}>
      <Routes>
        <Route path="/map" element={open(office, <MapPage me={me} />)} />
        <Route path="/board" element={open(office && may(me, "plan:read"), <BoardPage me={me} />)} />
        <Route path="/trips" element={open(looksBack(me), <ReplayPage me={me} />)} />
        <Route
          path="/attendance"
          element={open(office && may(me, "attendance:read"), <AttendancePage me={me} />)}
        />
        <Route path="/fences" element={open(may(me, "fence:read"), <FencesPage me={me} />)} />
        <Route path="/crew/*" element={open(!office, <CrewPage me={me} />)} />
        <Route path="/presence" element={open(office && may(me, "presence:read"), <PresencePage me={me} />)} />
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
