/** Dialogs over the page, and the question before something that is not taken back easily. */
import type { FormEvent, ReactNode } from "react";
import * as Aria from "react-aria-components";
import { Button, Fault } from "./controls";
import { useFailure } from "./toasts";

interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  isWide?: boolean;
}

export function Dialog({ children, ...frame }: DialogProps) {
  return (
    <Frame {...frame}>
      {children}
      <Failed />
    </Frame>
  );
}

function Frame({ title, isOpen, onClose, children, isWide }: DialogProps) {
  return (
    <Aria.ModalOverlay className="veil" isOpen={isOpen} onOpenChange={(is) => !is && onClose()} isDismissable>
      <Aria.Modal className={isWide ? "modal wide" : "modal"}>
        <Aria.Dialog className="dialog">
          <Aria.Heading slot="title" level={2}>
            {title}
          </Aria.Heading>
          {children}
        </Aria.Dialog>
      </Aria.Modal>
    </Aria.ModalOverlay>
  );
}

function Failed() {
  const [failure] = useFailure();
  return <Fault text={failure} />;
}

interface AskProps extends DialogProps {
  verb: string;
  isDangerous?: boolean;
  isBusy?: boolean;
  isDisabled?: boolean;
  /** What leaving it unanswered is called. */
  closing?: string;
  onYes: () => void;
}

/** A question with what it takes to answer; a failure is told in it, and Enter in a field says yes. */
export function Ask({ title, isOpen, isWide, ...asked }: AskProps) {
  return (
    <Frame title={title} isOpen={isOpen} isWide={!!isWide} onClose={asked.onClose}>
      <Question {...asked} />
    </Frame>
  );
}

function Question({ verb, closing = "Cancel", isDangerous, isBusy, isDisabled, onYes, onClose, children }: Omit<AskProps, "title" | "isOpen" | "isWide">) {
  const [failure, clear] = useFailure();
  const send = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation(); // React passes it on to a form that the dialog was opened from
    if (isBusy || isDisabled) return;
    clear();
    onYes();
  };
  return (
    <form className="question" noValidate onSubmit={send}>
      {children}
      <Fault text={failure} />
      <div className="actions">
        <Button onPress={onClose}>{closing}</Button>
        <Button look={isDangerous ? "danger" : "main"} type="submit" isDisabled={!!isBusy || !!isDisabled}>
          {verb}
        </Button>
      </div>
    </form>
  );
}
