import { onDemand, type OnDemand } from '../on-demand.ts';

/** The workspace that brings other provers along. */
export const PROVERS: OnDemand = onDemand('provers');
