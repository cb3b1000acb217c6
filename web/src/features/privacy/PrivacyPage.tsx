/** What mien is for here, how long it keeps what, who did what, and everybody's rights. */
import { useMay } from "@/shared/api/session";
import { Tabs } from "@/shared/ui/controls";
import { Page } from "@/shared/ui/page";
import { Audit } from "./Audit";
import { Purpose } from "./Purpose";
import { Retention } from "./Retention";
import { Rights } from "./Rights";

export default function PrivacyPage() {
  const mayAnswer = useMay("operator");
  return (
    <Page title="Privacy" about="What is done with faces here, and how everybody gets what they may ask for.">
      <Tabs
        label="Privacy"
        tabs={[
          { id: "purpose", label: "Purpose", content: <Purpose /> },
          ...(mayAnswer ? [{ id: "rights", label: "Forget and export", content: <Rights /> }] : []),
          { id: "retention", label: "Retention", content: <Retention mayPurge={mayAnswer} /> },
          ...(mayAnswer ? [{ id: "audit", label: "Audit log", content: <Audit /> }] : []),
        ]}
      />
    </Page>
  );
}
