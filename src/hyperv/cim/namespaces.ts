export const HYPERV_NAMESPACE = 'root/virtualization/v2';
export const CIMV2_NAMESPACE = 'root/cimv2';
