import { Option } from 'commander';
import { INTENTS } from '../domain/intent.ts';

/** `--intent`: what a run of a plan is for. Its value is an `Intent`. */
export function intentOption(): Option {
  return new Option('--intent <intent>', 'bring home, move to the other site, or try replicas out').choices(INTENTS).default('failback');
}
