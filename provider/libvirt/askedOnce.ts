/** What an answer of the host is about; a change of one leaves answers about the other as they are. */
export type Topic = "storage" | "domains";

/** What is known of a topic, and which answers are under way. */
interface Answers {
  readonly open: Map<string, Promise<unknown>>;
  /** Counts our changes: an answer from before one tells nothing afterwards. */
  changes: number;
}

/** For how long an answer counts. What somebody else has changed meanwhile is refused by the host itself. */
const KEPT_MS = 1000;

const known = new WeakMap<object, Record<Topic, Answers>>();

function answersOf(session: object, topic: Topic): Answers {
  const fresh = (): Answers => ({ open: new Map<string, Promise<unknown>>(), changes: 0 });
  const answers = known.get(session) ?? { storage: fresh(), domains: fresh() };
  known.set(session, answers);
  return answers[topic];
}

/**
 * One answer of the host for all who want it at about the same time: fifty VMs that are made together each want to know where
 * their pool is, and what image they stand on. No failure is kept, and no answer from before a change of ours.
 */
export function askedOnce<T>(
  session: object,
  topic: Topic,
  question: string,
  ask: () => Promise<T>,
): Promise<T> {
  const answers = answersOf(session, topic);
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

/** What a changing procedure is about: answers about it are to be forgotten. A new volume changes nothing of the others. */
export function topicOf(procedure: string): Topic | undefined {
  if (procedure.startsWith("domain_")) return "domains";
  return procedure.startsWith("storage_") && !procedure.includes("_vol_create_") ? "storage" : undefined;
}

/** Forgets all answers about a topic: something of it is about to change, or has just changed. */
export function forget(session: object, topic: Topic): void {
  const answers = answersOf(session, topic);
  answers.changes++;
  answers.open.clear();
}
