import type { ContestantModule, Question, Reply } from './fork.ts';

// Entry of the process that `forkContestant` starts: one module, one question at a time.
const [url = '', argument = ''] = process.argv.slice(2);
const reply = (message: Reply): void => void process.send?.(message);
const text = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

try {
  const { createContestant } = (await import(url)) as ContestantModule;
  const contestant = await createContestant(argument);
  process.on('message', (question: Question) => {
    contestant.sample(question.sample).then(
      (figure) => reply({ figure }),
      (error: unknown) => reply({ failure: text(error) }),
    );
  });
  process.once('disconnect', () => process.exit(0));
  reply({ ready: contestant.name });
} catch (error) {
  reply({ failure: text(error) });
}
