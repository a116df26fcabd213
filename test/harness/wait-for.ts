export { waitFor } from "../../dev/stack/wait-for.ts";
