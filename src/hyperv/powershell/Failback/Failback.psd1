@{
    RootModule        = 'Failback.psm1'
    ModuleVersion     = '1.0.0'
    GUID              = '5b0b8a4e-2f0c-4f7d-9a55-6d1f0b0a7c31'
    Author            = 'failback'
    Description       = 'The endpoint by which failback asks and does what it must on a Hyper-V host.'
    PowerShellVersion = '5.1'
    FunctionsToExport = @('Invoke-FailbackHostRequest')
    CmdletsToExport   = @()
    VariablesToExport = @()
    AliasesToExport   = @()
}
