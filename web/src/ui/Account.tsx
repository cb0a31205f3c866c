/** Who is signed in, the language, the way out. */
import { Menu, UnstyledButton } from "@mantine/core";
import { IconCheck, IconLogout, IconUserCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Me } from "../api/shapes";
import { signOut } from "../auth/signOut";
import { LANGUAGES } from "../i18n/setup";
import css from "./ui.module.css";

export function Account({ me }: { me: Me }) {
  const { t, i18n } = useTranslation();
  return (
    <Menu position="bottom-end" width={230} shadow="md">
      <Menu.Target>
        <UnstyledButton
          className={css.headerButton}
          aria-label={t("account.title")}
          data-testid="account"
        >
          <IconUserCircle size={21} stroke={1.6} />
          <span className={css.wideOnly}>{me.display_name}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {me.display_name}
          <br />
          {t(`profile.${me.profile}`)} · {me.tenant.name}
        </Menu.Label>
        <Menu.Divider />
        <Menu.Label>{t("account.language")}</Menu.Label>
        {LANGUAGES.map(({ code, name }) => (
          <Menu.Item
            key={code}
            lang={code}
            data-testid={`lang-${code}`}
            rightSection={i18n.language === code ? <IconCheck size={15} /> : null}
            onClick={() => void i18n.changeLanguage(code)}
          >
            {name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconLogout size={17} />}
          data-testid="logout"
          onClick={() => void signOut()}
        >
          {t("account.logout")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
