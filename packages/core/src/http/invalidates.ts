import { checkFunction, checkObject, checkTags } from "../checks.ts";
import { invalidOption } from "../errors.ts";
import { namespaceLabel, tagLabel } from "../labels.ts";
import type { Spaces } from "../space.ts";
import type { RequestView } from "./request-view.ts";
import type { ResponseHead } from "./response.ts";

/** What a request that changed something makes void, beyond what is stored for its own target. */
export interface InvalidatesOptions {
  /** Entries with any of these tags, in every namespace: a fixed list, or what request and answer say. */
  readonly tags?: readonly string[] | ((request: RequestView, head: ResponseHead) => readonly string[]);
  /** All entries of these namespaces. */
  readonly namespaces?: readonly string[];
  /**
   * What is stored for these targets on the same host, such as `"/users?page=1"`: that of plain keys in the route's own
   * namespace, and all combinations of routes whose keys hold more than the target.
   */
  readonly urls?: (request: RequestView) => readonly string[];
}

/** What is to be made void after one request. */
export interface Voided {
  readonly tags: readonly string[];
  readonly namespaces: readonly string[];
  readonly labels: readonly string[];
}

export class Invalidates {
  readonly #tagsOf: ((request: RequestView, head: ResponseHead) => readonly string[]) | undefined;
  readonly #tags: readonly string[];
  readonly #namespaces: readonly string[];
  readonly #urlsOf: InvalidatesOptions["urls"];

  /** @throws CachetteError `OPTION_INVALID` */
  constructor(options: InvalidatesOptions, spaces: Spaces) {
    checkObject("invalidates", options, ["tags", "namespaces", "urls"]);
    const { tags = [], namespaces = [], urls } = options;
    checkFunction("invalidates.urls", urls);
    if (!Array.isArray(namespaces)) throw invalidOption("invalidates.namespaces", "a list of namespaces", namespaces);
    for (const namespace of namespaces) {
      if (namespace === undefined) throw invalidOption("invalidates.namespaces", "a list of namespaces", namespaces);
      spaces.of(namespace);
    }
    this.#tagsOf = typeof tags === "function" ? tags : undefined;
    this.#tags = typeof tags === "function" ? [] : checkTags(tags);
    this.#namespaces = namespaces;
    this.#urlsOf = urls;
  }

  /** @throws what a function of the options throws, and CachetteError `OPTION_INVALID` for what are no tags */
  voidedBy(request: RequestView, head: ResponseHead): Voided {
    const tags = this.#tagsOf === undefined ? this.#tags : checkTags(this.#tagsOf(request, head));
    const labels = new Set([...tags.map(tagLabel), ...this.#namespaces.map(namespaceLabel)]);
    return { tags, namespaces: this.#namespaces, labels: [...labels] };
  }

  /** @throws as `voidedBy` */
  urlsOf(request: RequestView): readonly string[] {
    const urls = this.#urlsOf?.(request) ?? [];
    if (Array.isArray(urls) && urls.every((url) => typeof url === "string")) return urls;
    throw invalidOption("invalidates.urls", "a function that gives a list of targets", urls);
  }
}
