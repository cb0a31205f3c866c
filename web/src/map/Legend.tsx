/** What the shapes and colours mean; folded on a phone. */
import { UnstyledButton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconChevronDown, IconChevronUp } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Tone } from "../live/status";
import { type Draw, drawDepot, drawDevice } from "./icons";
import css from "./map.module.css";
import { Symbol } from "./Symbol";
import { type TaskMark, taskIcons } from "./taskIcons";

const device = (vehicle: boolean, moving: boolean, stale: boolean, tone: Tone): Draw =>
  drawDevice({ vehicle, moving, stale, tone });
const marks = new Map<TaskMark, Draw>(taskIcons());
const mark = (name: TaskMark): Draw => marks.get(name) ?? drawDepot;

const ITEMS = [
  { word: "legend.moving", draw: device(true, true, false, "onway"), side: 32 },
  { word: "legend.unassigned", draw: mark("unassigned"), side: 28 },
  { word: "legend.onsite", draw: device(true, false, false, "onsite"), side: 32 },
  { word: "legend.planned", draw: mark("planned"), side: 28 },
  { word: "legend.late", draw: device(true, false, false, "late"), side: 32 },
  { word: "legend.offered", draw: mark("offered"), side: 28 },
  { word: "legend.alert", draw: device(true, false, false, "alert"), side: 32 },
  { word: "legend.accepted", draw: mark("accepted"), side: 28 },
  { word: "legend.phone", draw: device(false, false, false, "free"), side: 32 },
  { word: "legend.working", draw: mark("working"), side: 28 },
  { word: "legend.stale", draw: device(true, false, true, "onway"), side: 32 },
  { word: "legend.depot", draw: drawDepot, side: 26 },
] as const;

export function Legend() {
  const { t } = useTranslation();
  const narrow = useMediaQuery("(max-width: 1100px)");
  const [open, setOpen] = useState<boolean | null>(null);
  const shown = open ?? !narrow;
  return (
    <div className={css.legend}>
      <UnstyledButton
        className={css.legendHead}
        aria-expanded={shown}
        onClick={() => setOpen(!shown)}
      >
        {shown ? <IconChevronDown size={16} /> : <IconChevronUp size={16} />}
        {t("legend.title")}
      </UnstyledButton>
      {shown && (
        <div className={css.legendBody}>
          {ITEMS.map(({ word, draw, side }) => (
            <div key={word} className={css.legendItem}>
              <span>
                <Symbol draw={draw} side={side} scale={0.72} />
              </span>
              {t(word)}
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
