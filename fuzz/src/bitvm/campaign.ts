import { type GameResult, playGame } from './game.ts';

export type CampaignReport = {
  readonly games: number;
  readonly crashes: number;
  readonly reorganisations: number;
  /** `players → outcome`, and how often. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly findings: readonly GameResult[];
};

/** Plays games of consecutive seeds for as long as `goOn` says. */
export function playGames(options: {
  readonly firstSeed: number;
  readonly goOn: (games: number) => boolean;
  readonly onFinding: (game: GameResult) => void;
}): CampaignReport {
  const kinds = new Map<string, number>();
  const findings: GameResult[] = [];
  let games = 0;
  let crashes = 0;
  let reorganisations = 0;
  for (; options.goOn(games); games++) {
    const game = playGame(options.firstSeed + games);
    const kind = `${game.prover}, ${game.verifier} → ${game.outcome}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    crashes += game.crashes;
    reorganisations += game.reorganisations;
    if (game.problems.length === 0) continue;
    findings.push(game);
    options.onFinding(game);
  }
  return { games, crashes, reorganisations, kinds: Object.fromEntries([...kinds].sort()), findings };
}
