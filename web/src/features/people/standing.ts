/** How people stand, in a word, and who of them can still be asked about. */
import type { PersonCard, Standing } from "@/shared/api/types";

export const STANDINGS: Partial<Record<Standing, string>> = { hidden: "hidden", ignored: "ignored", binned: "removed", faded: "faded", merged: "merged" };

/** Whether somebody is neither in the recycle bin nor faded: of others there is nothing to compare or to put in order. */
export const isThere = ({ standing }: Pick<PersonCard, "standing">): boolean => standing !== "binned" && standing !== "faded";
