import css from "./ui.module.css";

export function Brand() {
  return (
    <span className={css.brand}>
      <img src="/mark.svg" alt="" />
      FieldOps360
    </span>
  );
}
