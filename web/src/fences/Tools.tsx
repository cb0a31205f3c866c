/** The tools over the map: shape, undo, redo, hole, remove, and what to do next. */
import { ActionIcon, Button, SegmentedControl, Tooltip } from "@mantine/core";
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconCheck,
  IconCircle,
  IconHexagon,
  IconRoute2,
  IconSquareDashed,
  IconTrash,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useWords } from "../ui/useWords";
import { useEditor } from "./editor";
import css from "./fences.module.css";
import { removeOne } from "./gestures";
import { areaM2, canClose, isWhole, type Shape } from "./sketch";

const SHAPES = [
  { value: "Polygon", icon: IconHexagon },
  { value: "Point", icon: IconCircle },
  { value: "LineString", icon: IconRoute2 },
] as const satisfies { value: Shape; icon: typeof IconCircle }[];

export function Tools() {
  const { t } = useTranslation();
  const { lang } = useWords();
  const { history, act, undo, redo, begin } = useEditor();
  const sketch = history.present;
  const step = sketch.drawing === null ? "edit" : "draw";
  const [first] = sketch.rings[0] ?? [];
  const aim = step === "draw" && first !== undefined ? "reach" : step;
  const hint =
    sketch.shape === "Point"
      ? (`fences.hint.Point.${aim}` as const)
      : (`fences.hint.${sketch.shape}.${step}` as const);
  const area = new Intl.NumberFormat(lang, { maximumSignificantDigits: 3 });
  return (
    <>
      <div className={css.tools} role="toolbar" aria-label={t("fences.tools")}>
        <SegmentedControl
          size="xs"
          value={sketch.shape}
          onChange={(value) => begin(value)}
          aria-label={t("fences.shape")}
          data={SHAPES.map(({ value, icon: Icon }) => ({
            value,
            label: (
              <span className={css.shape} data-testid={`shape-${value}`}>
                <Icon size={15} stroke={1.8} aria-hidden="true" /> {t(`fences.shapes.${value}`)}
              </span>
            ),
          }))}
        />
        <Tool label={t("fences.undo")} test="sketch-undo" off={history.past.length === 0} onClick={undo}>
          <IconArrowBackUp size={18} />
        </Tool>
        <Tool label={t("fences.redo")} test="sketch-redo" off={history.future.length === 0} onClick={redo}>
          <IconArrowForwardUp size={18} />
        </Tool>
        {sketch.shape === "Polygon" && (
          <Tool
            label={t("fences.hole")}
            test="sketch-hole"
            off={!isWhole(sketch)}
            onClick={() => act({ kind: "hole" })}
          >
            <IconSquareDashed size={18} />
          </Tool>
        )}
        <Tool
          label={t("fences.removePoint")}
          test="sketch-remove"
          off={sketch.selected === null && sketch.drawing === null}
          onClick={removeOne}
        >
          <IconTrash size={18} />
        </Tool>
        {sketch.shape !== "Point" && sketch.drawing !== null && (
          <Button
            size="compact-sm"
            leftSection={<IconCheck size={15} />}
            disabled={!canClose(sketch)}
            onClick={() => act({ kind: "close" })}
            data-testid="sketch-close"
          >
            {t("fences.finish")}
          </Button>
        )}
      </div>
      <p className={css.hint} role="status">
        {t(hint)}
        {isWhole(sketch) && <strong> {t("fences.area", { area: area.format(areaM2(sketch) / 10_000) })}</strong>}
      </p>
    </>
  );
}

interface ToolProps {
  label: string;
  test: string;
  off: boolean;
  onClick: () => void;
  children: React.ReactNode;
}

function Tool({ label, test, off, onClick, children }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="ink"
        size={32}
        aria-label={label}
        disabled={off}
        onClick={onClick}
        data-testid={test}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
