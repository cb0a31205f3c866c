import css from "./ui.module.css";

/** Nothing to show, and what one can do about it. */
export function Empty({ title, hint }: { title: string; hint: string }) {
  return (
    <div className={css.empty}>
      <strong>{title}</strong>
      <span>{hint}</span>
    </div>
  );
}
