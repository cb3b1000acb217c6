/** The name of a camera, which leads to it where there is one: what is kept may be of one that is gone, or of a browser. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { camerasQuery } from "./cameras";

export function CameraName({ name }: { name: string }) {
  const { data } = useQuery({ ...camerasQuery, staleTime: 60_000 });
  if (!data?.some((one) => one.name === name)) return <span>{name}</span>;
  return (
    <Link to="/cameras/$name" params={{ name }}>
      {name}
    </Link>
  );
}
