import type { WorkSlots } from '../../runtime/work-slots.ts';
import type { AttachServices } from '../follow/attach.ts';
import type { MaintainLimits } from '../maintain/maintain-services.ts';

/** What the databases of a process share. */
export interface ReplicatorServices extends AttachServices {
  readonly limits: MaintainLimits;
  /** For what attaching does on the disk: many databases are attached together. */
  readonly attaching: WorkSlots;
}
