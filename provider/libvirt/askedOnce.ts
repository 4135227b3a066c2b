/** What is known of a host's storage, and which answers are under way. */
interface Answers {
  readonly open: Map<string, Promise<unknown>>;
  /** Counts what has changed the storage: an answer from before tells nothing afterwards. */
  changes: number;
}

/** For how long an answer counts. What somebody else has changed meanwhile is refused by the host itself. */
const KEPT_MS = 1000;

const known = new WeakMap<object, Answers>();

function answersOf(session: object): Answers {
  const answers = known.get(session) ?? { open: new Map<string, Promise<unknown>>(), changes: 0 };
  known.set(session, answers);
  return answers;
}

/**
 * One answer about the host's storage for all who want it at about the same time: fifty VMs that are made together each want to
 * know where their pool is, and what image they stand on. Failures are never kept, nor anything beyond a change of ours.
 */
export function askedOnce<T>(session: object, question: string, ask: () => Promise<T>): Promise<T> {
  const answers = answersOf(session);
  const { open, changes } = answers;
  const there = open.get(question) as Promise<T> | undefined;
  if (there !== undefined) return there;
  const answer = ask();
  const over = (): void => {
    if (open.get(question) === answer) open.delete(question);
  };
  answer.then(() => {
    if (answers.changes === changes) setTimeout(over, KEPT_MS).unref();
    else over();
  }, over);
  open.set(question, answer);
  return answer;
}

/** What was known of the host's storage counts no more: something of it is about to change, or has just changed. */
export function storageChanges(session: object): void {
  const answers = answersOf(session);
  answers.changes++;
  answers.open.clear();
}
