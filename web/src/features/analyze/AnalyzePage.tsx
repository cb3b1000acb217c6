/** Pictures that are uploaded: every face on them, or people taken in from folders that bear their names. */
import { Tabs } from "@/shared/ui/controls";
import { Page } from "@/shared/ui/page";
import { ImportFolder } from "./ImportFolder";
import { Look } from "./Look";

export default function AnalyzePage() {
  return (
    <Page title="Analyse pictures" about="Nothing of a picture is kept unless you import people from it.">
      <Tabs
        label="What to do with pictures"
        tabs={[
          { id: "look", label: "Find faces", content: <Look /> },
          { id: "import", label: "Import people from folders", content: <ImportFolder /> },
        ]}
      />
    </Page>
  );
}
