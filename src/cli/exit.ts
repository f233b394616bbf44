export { exit, exitOfVerdict } from '../core/model/exit-status.ts';
