/** The way in: the first account where there is none yet, else logging in. */
import { useQuery } from "@tanstack/react-query";
import { api, told } from "@/shared/api/client";
import { Failure, Waiting } from "@/shared/ui/page";
import { LogIn } from "./LogIn";
import { SetUp } from "./SetUp";
import "./entrance.css";

export function EntrancePage() {
  const setup = useQuery({ queryKey: ["setup"], queryFn: () => told(api.GET("/api/v1/setup")) });
  return (
    <main className="entrance">
      <div className="entrance-card">
        <p className="brand">
          <img src="/icon.svg" alt="" width={34} height={34} /> mien
        </p>
        {setup.data ? setup.data.needed ? <SetUp /> : <LogIn /> : setup.error ? <Failure error={setup.error} again={() => void setup.refetch()} /> : <Waiting />}
      </div>
    </main>
  );
}
