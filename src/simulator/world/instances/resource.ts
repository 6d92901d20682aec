/** What most devices of a machine have in common: one piece of each, given to the machine by the host. */
export const ONE_PIECE = {
  PoolID: '',
  ConsumerVisibility: 3,
  AllocationUnits: 'count',
  VirtualQuantity: '1',
  Reservation: '1',
  Limit: '1',
  Weight: 0,
  AutomaticAllocation: true,
  AutomaticDeallocation: true,
  VirtualQuantityUnits: 'count',
};
