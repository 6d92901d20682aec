import { EnabledState } from '../../domain/power.ts';
import { ReplicationHealth, ReplicationMode, ReplicationState, ReplicationType } from '../../domain/replication.ts';

/** How one copy of a pair stands at the start. */
export interface Side {
  readonly mode: number;
  readonly state: number;
  readonly health: number;
  readonly power: number;
  readonly failedOverType: number;
  /** It has received or sent data in its present role: LastReplicationTime is not null. */
  readonly started: boolean;
}

interface Stage {
  /** On the recovery site. */
  readonly away: Side;
  /** On the site the machine came from. */
  readonly home: Side;
  /** How the state came about, in words. */
  readonly about: string;
}

const { Primary, Replica } = ReplicationMode;
const { Running, Off } = EnabledState;
const { Ok, Warning, Critical } = ReplicationHealth;
const { None, Regular, Planned } = ReplicationType;
const State = ReplicationState;

function side(mode: number, state: number, power: number, health: number, failedOverType: number = None, started = true): Side {
  return { mode, state, power, health, failedOverType, started };
}

/** Starting states of a host-to-host pair on its way from the failover to a protected machine at home. */
const STAGES = {
  'failed-over': {
    away: side(Replica, State.Recovered, Running, Warning, Regular),
    home: side(Primary, State.Replicating, Off, Critical),
    about: 'after an unplanned failover, not committed',
  },
  'planned-failed-over': {
    away: side(Replica, State.Recovered, Running, Warning, Planned),
    home: side(Primary, State.SyncedReplicationComplete, Off, Warning),
    about: 'after a planned failover to the recovery site, not reversed',
  },
  committed: {
    away: side(Replica, State.Committed, Running, Warning, Regular),
    home: side(Primary, State.Critical, Off, Critical),
    about: 'after an unplanned failover that was committed',
  },
  'home-is-replica': {
    away: side(Replica, State.Committed, Running, Warning, Regular),
    home: side(Replica, State.WaitingToCompleteInitialReplication, Off, Warning, None, false),
    about: 'committed, and the old primary has been made a replica',
  },
  reversed: {
    away: side(Primary, State.ReadyForReplication, Running, Warning, None, false),
    home: side(Replica, State.WaitingToCompleteInitialReplication, Off, Warning, None, false),
    about: 'reversed, the initial replication has not begun',
  },
  copying: {
    away: side(Primary, State.WaitingToCompleteInitialReplication, Running, Warning, None, false),
    home: side(Replica, State.WaitingToCompleteInitialReplication, Off, Warning, None, false),
    about: 'the initial replication is going on',
  },
  replicating: {
    away: side(Primary, State.Replicating, Running, Ok),
    home: side(Replica, State.Replicating, Off, Ok),
    about: 'replicating home, the machine runs on the recovery site',
  },
  suspended: {
    away: side(Primary, State.Suspended, Running, Warning),
    home: side(Replica, State.Suspended, Off, Warning),
    about: 'somebody suspended the replication home',
  },
  'resync-required': {
    away: side(Primary, State.WaitingToStartResynchronization, Running, Critical),
    home: side(Replica, State.Replicating, Off, Critical),
    about: 'changes are not tracked any more, a resynchronisation is needed',
  },
  resynchronizing: {
    away: side(Primary, State.Resynchronizing, Running, Warning),
    home: side(Replica, State.Resynchronizing, Off, Warning),
    about: 'a resynchronisation is going on',
  },
  stopped: {
    away: side(Primary, State.Replicating, Off, Ok),
    home: side(Replica, State.Replicating, Off, Ok),
    about: 'replicating home, the machine has been shut down',
  },
  prepared: {
    away: side(Primary, State.SyncedReplicationComplete, Off, Ok),
    home: side(Replica, State.Replicating, Off, Ok),
    about: 'shut down and prepared for the failover home',
  },
  'failed-over-home': {
    away: side(Primary, State.SyncedReplicationComplete, Off, Ok),
    home: side(Replica, State.Recovered, Off, Warning, Planned),
    about: 'failed over home, not started there',
  },
  'home-running': {
    away: side(Primary, State.SyncedReplicationComplete, Off, Ok),
    home: side(Replica, State.Recovered, Running, Warning, Planned),
    about: 'failed over home and started, not reversed',
  },
  'home-reversed': {
    away: side(Replica, State.Replicating, Off, Ok),
    home: side(Primary, State.Replicating, Off, Ok),
    about: 'home and protected, not started',
  },
  home: {
    away: side(Replica, State.Replicating, Off, Ok),
    home: side(Primary, State.Replicating, Running, Ok),
    about: 'home, protected and running: nothing is left to do',
  },
  extended: {
    away: side(Replica, State.Recovered, Running, Warning, Regular),
    home: side(Primary, State.Critical, Off, Critical),
    about: 'failed over, and the recovery site replicates to a third host, too',
  },
  'both-running': {
    away: side(Replica, State.Recovered, Running, Warning, Regular),
    home: side(Primary, State.Replicating, Running, Critical),
    about: 'failed over, but the old primary came back and runs, too',
  },
} as const satisfies Record<string, Stage>;

export type StageName = keyof typeof STAGES;

/** All starting states, in the order of the way home. */
export const STAGE_NAMES = Object.keys(STAGES) as readonly StageName[];

export function stageNamed(name: StageName): Stage {
  return STAGES[name];
}
