/** The bar above every screen of the office; `children` are the screen's own buttons. */
import type { ReactNode } from "react";
import { Alerts } from "../alerts/Alerts";
import type { Me } from "../api/shapes";
import { may } from "../auth/rights";
import { Account } from "./Account";
import { Brand } from "./Brand";
import { LinkBadge } from "./LinkBadge";
import { OfficeNav } from "./OfficeNav";
import css from "./ui.module.css";

export function OfficeHeader({ me, children }: { me: Me; children?: ReactNode }) {
  return (
    <header className={css.header}>
      <Brand />
      <span className={css.tenant}>{me.tenant.name}</span>
      <OfficeNav me={me} />
      <span className={css.spacer} />
      <LinkBadge />
      {may(me, "alert:read") && <Alerts me={me} />}
      {children}
      <Account me={me} />
    </header>
  );
}
