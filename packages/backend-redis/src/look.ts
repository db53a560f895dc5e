import type { Receiver } from "@cachette/core";
import type { Question } from "./batch.ts";

/** A look at the clock, and what is looked up along with it. Who asked is told once the clock is known. */
export class Look {
  readonly question: Question;
  /** Whether the clock is one that can be gone by. */
  readonly known: Promise<boolean>;
  readonly #places: number[] = [];
  readonly #receivers: Receiver<Uint8Array | undefined>[] = [];

  /** `findOut` is called before anybody is told where the clock could not be gone by. */
  constructor(question: Question, known: Promise<boolean>, findOut: () => Promise<unknown>) {
    this.question = question;
    this.known = known;
    this.#tell(findOut);
  }

  /** Looks up a key as well, for as long as the question has not been sent. */
  add(key: string, receiver: Receiver<Uint8Array | undefined>): void {
    this.#places.push(this.question.add(key));
    this.#receivers.push(receiver);
  }

  async #tell(findOut: () => Promise<unknown>): Promise<void> {
    const receivers = this.#receivers;
    try {
      const known = await this.known;
      if (receivers.length === 0) return;
      if (!known) await findOut();
    } catch (error) {
      for (const receiver of receivers) receiver.failed(error);
      return;
    }
    for (const [index, receiver] of receivers.entries()) this.question.tell(this.#places[index] as number, receiver);
  }
}
