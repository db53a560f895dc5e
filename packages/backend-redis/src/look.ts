import type { Receiver } from "@cachette/core";
import type { Question } from "./batch.ts";

/** A look at the clock, and what is looked up along with it. Who asked is told once the clock is known. */
export class Look {
  /** Whether the clock is one that can be gone by. */
  readonly known: Promise<boolean>;
  /** Until everybody was told: this may be kept for long, and what was found must not be. */
  #question: Question | undefined;
  #places: number[] = [];
  #receivers: Receiver<Uint8Array | undefined>[] = [];

  /** `findOut`: called once, before anybody is told, where the clock cannot be gone by; not if there is nobody to tell. */
  constructor(question: Question, known: Promise<boolean>, findOut: () => Promise<unknown>) {
    this.#question = question;
    this.known = known;
    this.#tell(question, findOut);
  }

  /** Whether it goes along with that question. */
  isAlong(question: Question): boolean {
    return this.#question === question;
  }

  /** Looks up a key as well, for as long as the question has not been sent. */
  add(key: string, receiver: Receiver<Uint8Array | undefined>): void {
    this.#places.push((this.#question as Question).add(key));
    this.#receivers.push(receiver);
  }

  async #tell(question: Question, findOut: () => Promise<unknown>): Promise<void> {
    try {
      const known = await this.known;
      if (!known && this.#receivers.length > 0) await findOut();
    } catch (error) {
      for (const receiver of this.#close().receivers) receiver.failed(error);
      return;
    }
    const { places, receivers } = this.#close();
    receivers.forEach((receiver, index) => {
      question.tell(places[index] as number, receiver);
    });
  }

  #close(): { places: readonly number[]; receivers: readonly Receiver<Uint8Array | undefined>[] } {
    const told = { places: this.#places, receivers: this.#receivers };
    this.#question = undefined;
    this.#places = [];
    this.#receivers = [];
    return told;
  }
}
