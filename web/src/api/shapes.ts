/** The bodies that cross HTTP and the WebSocket, under the names the rest of the app uses. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Me = Schemas["Me"];
export type Tokens = Schemas["Tokens"];
export type Problem = Schemas["ProblemBody"];
export type Reason = Schemas["Reason"];

export type Site = Schemas["Site"];
export type Fence = Schemas["Fence"];
export type Crew = Schemas["Crew"];
export type Task = Schemas["Task"];
export type NewTask = Schemas["NewTask"];
export type Assignment = Schemas["Assignment"];
export type Candidate = Schemas["Candidate"];
export type PlanView = Schemas["PlanView"];
export type PlannedRoute = Schemas["PlannedRoute"];
export type PlannedVisit = Schemas["PlannedVisit"];
export type PlanMove = Required<Schemas["Move"]>;
export type PlanChange = Schemas["PlanChange"];
export type PlanFigures = Schemas["Figures"];
export type PlanViolation = Schemas["PlanViolation"];
export type WhatIf = Schemas["WhatIf"];
export type PlanDraft = Schemas["PlanDraft"];
export type PlanVersion = Schemas["PlanVersion"];
export type PlanVersionDetail = Schemas["PlanVersionDetail"];
export type Reverted = Schemas["Reverted"];
export type PresenceRow = Schemas["PresenceRow"];
export type PresenceEntry = Schemas["PresenceEntry"];
export type PrivatePeriod = Schemas["PrivatePeriod"];

export type Vehicle = Schemas["Vehicle"];
export type Replay = Schemas["Replay"];
export type Motive = Schemas["Motive"];
export type VehicleDay = Schemas["VehicleDay"];
export type TrackPage = Schemas["TrackPage"];
export type TrackPoint = Schemas["TrackPoint"];
export type Alert = Schemas["Alert"];
export type AttendanceDay = Schemas["AttendanceDay"];
export type AttendanceEvent = Schemas["DayEvent"];
export type AttendanceKind = AttendanceEvent["kind"];
export type AttendanceRules = Schemas["AttendanceRules"];
export type BulkAnswer = Schemas["BulkAnswer"];
export type DayAnswers = Schemas["DayAnswers"];
export type DayStatus = AttendanceDay["status"];
export type DayStep = Schemas["DaySteps"]["step"];
export type NewAttendance = Schemas["NewAttendance"];
export type Oddity = Schemas["Oddity"];
export type OwnData = Schemas["OwnData"];
export type PrivacyLedger = Schemas["PrivacyLedger"];
export type Word = NonNullable<AttendanceEvent["verdict"]>;

export type CrewDay = Schemas["CrewDay"];
export type Visit = Schemas["Visit"];
export type NewProof = Schemas["NewProof"];
export type Upload = Schemas["Upload"];
export type Proof = Schemas["Proof"];

export type LiveDevice = Schemas["LiveDevice"];
export type Snapshot = Schemas["Snapshot"];
export type FixRow = Snapshot["fixes"][number];
export type LiveEvent = Schemas["LiveEvent"];

export type TaskState = Task["state"];
export type AssignmentState = Assignment["state"];

export interface Page<Item> {
  items: Item[];
  next: string | null;
}

export type NewFence = Schemas["NewFence"];
export type FenceChange = Schemas["FenceChange"];
export type FenceFile = Schemas["FenceFile"];
export type FenceImport = Schemas["FenceImport"];
export type FenceSuggestion = Schemas["FenceSuggestion"];
