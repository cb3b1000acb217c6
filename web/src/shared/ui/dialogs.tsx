/** Dialogs over the page, and the question before something that is not taken back easily. */
import type { ReactNode } from "react";
import * as Aria from "react-aria-components";
import { Button } from "./controls";

interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  isWide?: boolean;
}

export function Dialog({ title, isOpen, onClose, children, isWide }: DialogProps) {
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

interface AskProps extends DialogProps {
  verb: string;
  isDangerous?: boolean;
  isBusy?: boolean;
  isDisabled?: boolean;
  onYes: () => void;
}

export function Ask({ verb, isDangerous, isBusy, isDisabled, onYes, children, ...dialog }: AskProps) {
  return (
    <Dialog {...dialog}>
      {children}
      <div className="actions">
        <Button onPress={dialog.onClose}>Cancel</Button>
        <Button look={isDangerous ? "danger" : "main"} isDisabled={!!isBusy || !!isDisabled} onPress={onYes}>
          {verb}
        </Button>
      </div>
    </Dialog>
  );
}
