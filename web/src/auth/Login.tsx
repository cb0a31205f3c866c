/** Sign in: company, name, password. */
import { Button, PasswordInput, SegmentedControl, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { ProblemError } from "../api/problem";
import { queryClient } from "../api/queries";
import { LANGUAGES } from "../i18n/setup";
import { Brand } from "../ui/Brand";
import { useProblemWords } from "../ui/problemWords";
import { session } from "./current";
import css from "./login.module.css";

const TENANT = "fieldops.tenant";

export function Login() {
  const { t, i18n } = useTranslation();
  const problemWords = useProblemWords();
  const [tenant, setTenant] = useState(() => localStorage.getItem(TENANT) ?? "");
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (tenant.trim() === "" || login.trim() === "" || password === "") {
      setFault(t("login.incomplete"));
      return;
    }
    setBusy(true);
    setFault(null);
    try {
      queryClient.clear();
      await session.login(tenant.trim(), login.trim(), password);
      localStorage.setItem(TENANT, tenant.trim());
    } catch (error) {
      // A name that cannot be a company's is as wrong as one that is not.
      const wrong = error instanceof ProblemError && [401, 404, 422].includes(error.status);
      setFault(wrong ? t("login.wrong") : problemWords(error));
      setBusy(false);
    }
  };

  return (
    <div className={css.page}>
      <div className={css.bar}>
        <Brand />
        <SegmentedControl
          size="xs"
          className={css.languages}
          value={i18n.language}
          onChange={(code) => void i18n.changeLanguage(code)}
          data={LANGUAGES.map(({ code }) => ({ value: code, label: code.toUpperCase() }))}
        />
      </div>
      <main className={css.card}>
        <h1>{t("login.heading")}</h1>
        <p>{t("login.lead")}</p>
        <form onSubmit={(event) => void submit(event)} noValidate>
          <TextInput
            size="md"
            label={t("login.tenant")}
            description={t("login.tenantHint")}
            autoComplete="organization"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={40}
            value={tenant}
            onChange={(event) => setTenant(event.currentTarget.value)}
            autoFocus={tenant === ""}
            data-testid="login-tenant"
          />
          <TextInput
            size="md"
            label={t("login.name")}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={200}
            value={login}
            onChange={(event) => setLogin(event.currentTarget.value)}
            autoFocus={tenant !== ""}
            data-testid="login-name"
          />
          <PasswordInput
            size="md"
            label={t("login.password")}
            autoComplete="current-password"
            maxLength={1000}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            visibilityToggleButtonProps={{ "aria-label": t("login.show") }}
            data-testid="login-password"
          />
          <div role="alert" className={css.fault} data-testid="login-error">
            {fault}
          </div>
          <Button type="submit" size="lg" fullWidth loading={busy} data-testid="login-submit">
            {t("login.submit")}
          </Button>
        </form>
      </main>
    </div>
  );
}
