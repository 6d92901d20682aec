import { declareClass, VIRTUALIZATION } from './declare.ts';
import { JOB_ELEMENT } from './superclass.ts';

/** `RunDay` and `RunDayOfWeek` are sint8 in the schema; the seam knows no narrower signed type than sint32. */
export const concreteJob = declareClass(
  VIRTUALIZATION,
  'Msvm_ConcreteJob',
  `
  ${JOB_ELEMENT}
  string JobStatus
  datetime TimeSubmitted
  datetime ScheduledStartTime
  datetime StartTime
  datetime ElapsedTime
  uint32 JobRunTimes
  uint8 RunMonth
  sint32 RunDay
  sint32 RunDayOfWeek
  datetime RunStartInterval
  uint16 LocalOrUtcTime
  datetime UntilTime
  string Notify
  string Owner
  uint32 Priority
  uint16 PercentComplete
  boolean DeleteOnCompletion
  uint16 ErrorCode
  string ErrorDescription
  string ErrorSummaryDescription
  uint16 RecoveryAction
  string OtherRecoveryAction
  uint16 JobState
  datetime TimeOfLastStateChange
  datetime TimeBeforeRemoval
  boolean Cancellable
  uint16 JobType
  `,
  {
    RequestStateChange: `
      uint16 RequestedState
      datetime TimeoutPeriod`,
    KillJob: 'boolean DeleteOnKill',
    GetError: '',
    GetErrorEx: '',
  },
);
