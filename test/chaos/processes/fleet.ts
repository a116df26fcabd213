/// <reference lib="esnext.disposable" />
import { join } from "node:path";
import type { Random } from "clerk-emulator";
import { findFreePort } from "../../../dev/stack/free-port.ts";
import type { TiedProcess } from "../../../dev/stack/spawn-tied.ts";
import { spawnScript } from "../../support/bridge/bridge-process.ts";

/** How the processes of one role are started; each listens on a port of its own. */
export interface ProcessPlan {
  readonly role: "api" | "worker";
  /** Relative to the repository's root. */
  readonly script: string;
  readonly variables: (port: number) => Readonly<Record<string, string>>;
}

export interface Member extends TiedProcess {
  readonly port: number;
  readonly logFile: string;
}

/** Processes of one role. One that crashes is reported and replaced, as an operator would do in production. */
export class Fleet implements AsyncDisposable {
  readonly #plan: ProcessPlan;
  readonly #folder: string;
  readonly #onCrash: (what: string) => void;
  readonly #members = new Set<Member>();
  #started = 0;
  #turn = 0;
  #closed = false;

  constructor(plan: ProcessPlan, folder: string, onCrash: (what: string) => void) {
    this.#plan = plan;
    this.#folder = folder;
    this.#onCrash = onCrash;
  }

  get members(): readonly Member[] {
    return [...this.#members];
  }

  pick(random: Random): Member | undefined {
    return this.members[random.below(this.#members.size)];
  }

  /** The port of one after the other. */
  nextPort(): number | undefined {
    this.#turn += 1;
    return this.members[this.#turn % this.#members.size]?.port;
  }

  /** Starts one more and does not wait for it. */
  async add(): Promise<void> {
    const { role, script, variables } = this.#plan;
    const port = await findFreePort();
    this.#started += 1;
    const logFile = join(this.#folder, `${role}-${this.#started}.log`);
    const member = { ...spawnScript({ script, variables: variables(port), logFile }), port, logFile };
    this.#members.add(member);
    void member.exited.then((reason) => this.#replace(member, reason));
  }

  /** SIGKILL. */
  async kill(member: Member): Promise<void> {
    this.#members.delete(member);
    await member.kill();
  }

  /** SIGTERM. */
  async stop(member: Member): Promise<void> {
    this.#members.delete(member);
    await member.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all(this.members.map((member) => this.kill(member)));
  }

  async #replace(member: Member, reason: string): Promise<void> {
    if (this.#closed || !this.#members.delete(member)) return;
    this.#onCrash(`a process ended by itself (${reason}): ${member.logFile}`);
    await this.add();
  }
}
