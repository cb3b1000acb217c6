/** What is pressed, typed into and chosen from. */
import { Check, ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import * as Aria from "react-aria-components";
import "./controls.css";

type Look = "main" | "danger" | "bare" | "";
interface ButtonProps extends Omit<Aria.ButtonProps, "className" | "style"> {
  look?: Look;
  hint?: string;
}

export function Button({ look = "", hint, ...rest }: ButtonProps) {
  return <Aria.Button {...rest} {...(hint ? { "aria-label": hint } : {})} className={`button ${look}`} />;
}

export function IconButton({ look = "bare", hint, ...rest }: ButtonProps & { hint: string }) {
  return <Aria.Button {...rest} aria-label={hint} className={`button icon ${look}`} />;
}

export function Toggle({ children, isOn, onChange }: { children: ReactNode; isOn: boolean; onChange: (is: boolean) => void }) {
  return (
    <Aria.ToggleButton isSelected={isOn} onChange={onChange} className={`button ${isOn ? "toggled" : ""}`}>
      {children}
    </Aria.ToggleButton>
  );
}

interface FieldProps extends Omit<Aria.TextFieldProps, "className" | "children" | "style"> {
  label: string;
  hint?: string;
  fault?: string;
  placeholder?: string;
  rows?: number;
  hidesLabel?: boolean;
}

export function Field({ label, hint, fault, placeholder, rows, hidesLabel, ...rest }: FieldProps) {
  return (
    <Aria.TextField {...rest} {...(fault ? { isInvalid: true } : {})} className="field">
      <Aria.Label className={hidesLabel ? "unseen" : ""}>{label}</Aria.Label>
      {rows ? (
        <Aria.TextArea className="input" rows={rows} placeholder={placeholder} />
      ) : (
        <Aria.Input className="input" placeholder={placeholder} />
      )}
      {hint && <Aria.Text slot="description">{hint}</Aria.Text>}
      <Aria.FieldError>{fault}</Aria.FieldError>
    </Aria.TextField>
  );
}

/** What is wrong with what was sent, beside what sends it. */
export function Fault({ text }: { text: string | undefined }) {
  return text ? (
    <p className="fault" role="alert">
      {text}
    </p>
  ) : null;
}

export interface Option {
  id: string;
  label: string;
  icon?: ReactNode;
}

interface SelectProps {
  label: string;
  options: readonly Option[];
  value: string | null;
  onChange: (id: string) => void;
  hidesLabel?: boolean;
  placeholder?: string;
}

export function Select({ label, options, value, onChange, hidesLabel, placeholder }: SelectProps) {
  return (
    <Aria.Select
      className="field"
      value={value}
      onChange={(key) => key !== null && onChange(String(key))}
      {...(placeholder ? { placeholder } : {})}
    >
      <Aria.Label className={hidesLabel ? "unseen" : "label"}>{label}</Aria.Label>
      <Aria.Button className="choice">
        <Aria.SelectValue />
        <ChevronDown aria-hidden />
      </Aria.Button>
      <Aria.Popover className="popover">
        <Aria.ListBox className="options" items={options}>
          {(one) => (
            <Aria.ListBoxItem id={one.id} textValue={one.label} className="option">
              {one.icon}
              {one.label}
            </Aria.ListBoxItem>
          )}
        </Aria.ListBox>
      </Aria.Popover>
    </Aria.Select>
  );
}

export function Switch({ children, isOn, onChange, isDisabled }: { children: ReactNode; isOn: boolean; onChange: (is: boolean) => void; isDisabled?: boolean }) {
  return (
    <Aria.Switch className="switch" isSelected={isOn} onChange={onChange} isDisabled={isDisabled ?? false}>
      <span className="track" aria-hidden />
      <span>{children}</span>
    </Aria.Switch>
  );
}

export function CheckBox({ children, isOn, onChange, hint }: { children?: ReactNode; isOn: boolean; onChange: (is: boolean) => void; hint?: string }) {
  return (
    <Aria.Checkbox className="check" isSelected={isOn} onChange={onChange} {...(hint ? { "aria-label": hint } : {})}>
      <span className="tick" aria-hidden>
        <Check strokeWidth={3} />
      </span>
      {children && <span>{children}</span>}
    </Aria.Checkbox>
  );
}

export interface Action {
  id: string;
  label: string;
  icon?: ReactNode;
  onAction: () => void;
}

export function Menu({ label, children, actions }: { label: string; children: ReactNode; actions: readonly Action[] }) {
  return (
    <Aria.MenuTrigger>
      <Aria.Button aria-label={label} className="button">
        {children}
      </Aria.Button>
      <Aria.Popover className="popover" placement="bottom end">
        <Aria.Menu className="options">
          {actions.map((one) => (
            <Aria.MenuItem key={one.id} id={one.id} className="option" textValue={one.label} onAction={one.onAction}>
              {one.icon}
              {one.label}
            </Aria.MenuItem>
          ))}
        </Aria.Menu>
      </Aria.Popover>
    </Aria.MenuTrigger>
  );
}

export interface TabSpec {
  id: string;
  label: string;
  content: ReactNode;
}

export function Tabs({ label, tabs }: { label: string; tabs: readonly TabSpec[] }) {
  return (
    <Aria.Tabs>
      <Aria.TabList aria-label={label} className="tabs">
        {tabs.map((one) => (
          <Aria.Tab key={one.id} id={one.id} className="tab">
            {one.label}
          </Aria.Tab>
        ))}
      </Aria.TabList>
      {tabs.map((one) => (
        <Aria.TabPanel key={one.id} id={one.id} className="panel">
          {one.content}
        </Aria.TabPanel>
      ))}
    </Aria.Tabs>
  );
}
