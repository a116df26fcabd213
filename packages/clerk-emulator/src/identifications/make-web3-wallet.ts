import type { Instance } from "../instance/instance.ts";
import type { Web3Wallet } from "../resources/identifications.ts";
import { verifiedByAdmin } from "../resources/verification.ts";

/** A new wallet with an id of its own; it belongs to nobody yet. */
export function makeWeb3Wallet(instance: Instance, address: string, at: number): Web3Wallet {
  return {
    id: instance.makeId("idn"),
    object: "web3_wallet",
    web3_wallet: address,
    verification: verifiedByAdmin,
    created_at: at,
    updated_at: at,
  };
}
