/** Light, dark, or as the system has it; kept by this browser. */
import { Monitor, Moon, Sun } from "lucide-react";
import { useState } from "react";
import { ToggleButton, ToggleButtonGroup } from "react-aria-components";

const KEY = "mien.theme";
const THEMES = [
  { id: "system", label: "As the system", icon: Monitor },
  { id: "light", label: "Light", icon: Sun },
  { id: "dark", label: "Dark", icon: Moon },
] as const;

export function ThemeSwitch() {
  const [theme, setTheme] = useState<string>(document.documentElement.dataset.theme ?? "system");
  const choose = (chosen: string) => {
    setTheme(chosen);
    if (chosen === "system") {
      delete document.documentElement.dataset.theme;
      localStorage.removeItem(KEY);
    } else {
      document.documentElement.dataset.theme = chosen;
      localStorage.setItem(KEY, chosen);
    }
  };
  return (
    <ToggleButtonGroup
      aria-label="Colours"
      className="themes"
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[theme]}
      onSelectionChange={(keys) => choose(String([...keys][0]))}
    >
      {THEMES.map(({ id, label, icon: Icon }) => (
        <ToggleButton key={id} id={id} aria-label={label} className="theme">
          <Icon aria-hidden />
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
