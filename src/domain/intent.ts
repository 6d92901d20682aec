/**
 * What a run of a plan is for:
 * - `failback`: its machines come home
 * - `planned-failover`: between two Hyper-V hosts the other way round: machines that run at home go to the other site
 * - `drill`: replicas are tried out and stay what they are
 */
export const INTENTS = ['failback', 'planned-failover', 'drill'] as const;
export type Intent = (typeof INTENTS)[number];
