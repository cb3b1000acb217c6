/** Settings: what is in force, where it comes from, what it is to be, and the restart that it takes. */
import { Failure, Loaded, Page } from "@/shared/ui/page";
import { Cameras } from "./Cameras";
import { useSchema, useSettings } from "./queries";
import { Restart } from "./Restart";
import { Sections } from "./Sections";
import "./settings.css";

export default function SettingsPage() {
  const settings = useSettings();
  const schema = useSchema();
  const file = settings.data?.file ?? "the settings file";
  return (
    <Page title="Settings" about={`What is in force, and where each value comes from. Changes are written to ${file} on the machine that mien runs on; its comments stay.`}>
      {schema.error && <Failure error={schema.error} again={() => void schema.refetch()} />}
      <Loaded of={settings}>
        {(seen) => (
          <>
            <Restart seen={seen} />
            {schema.data && (
              <>
                <Cameras seen={seen} schema={schema.data} />
                <Sections seen={seen} schema={schema.data} />
              </>
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}
