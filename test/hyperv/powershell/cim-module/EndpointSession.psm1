# New-PSSession for machines without WinRM: the same parameters. The session is a real one of PowerShell, with a real session configuration (no
# language, only what is made visible), in a process of its own instead of one on the host. Which configurations there are is told below.

$Module = Join-Path $PSScriptRoot '..' '..' '..' '..' 'src' 'hyperv' 'powershell' 'Failback' 'Failback.psd1'
$Configurations = @{
    # What Register-FailbackEndpoint.ps1 registers, on a host that is simulated, and on one that gives back what it gets.
    Failback = @{ ModulesToImport = [string[]] ($Module, (Join-Path $PSScriptRoot 'SimulatedCim.psm1')); VisibleFunctions = 'Invoke-FailbackHostRequest' }
    Echo     = @{ ModulesToImport = [string[]] ($Module, (Join-Path $PSScriptRoot 'EchoCim.psm1')); VisibleFunctions = 'Invoke-FailbackHostRequest' }
    # Somebody else's.
    Other    = @{ VisibleCmdlets = 'Get-Date' }
}

function New-PSSession {
    [CmdletBinding()]
    param(
        [string] $ComputerName,
        [int] $Port,
        [switch] $UseSSL,
        [string] $ConfigurationName,
        [string] $Authentication,
        [Management.Automation.PSCredential] $Credential,
        [Management.Automation.Remoting.PSSessionOption] $SessionOption
    )
    $configuration = $Configurations[$ConfigurationName]
    if ($null -eq $configuration) { Write-OpenFailure -2144108485 'InvalidResourceUri,PSSessionOpenFailed' }
    if ($null -ne $Credential -and $Credential.UserName -eq 'stranger') { Write-OpenFailure 5 'AccessDenied,PSSessionOpenFailed' }
    $file = Join-Path ([IO.Path]::GetTempPath()) "$([guid]::NewGuid()).pssc"
    New-PSSessionConfigurationFile -Path $file -SessionType RestrictedRemoteServer -LanguageMode NoLanguage @configuration
    try {
        $server = [Management.Automation.Runspaces.PowerShellProcessInstance]::new()
        $start = $server.Process.StartInfo
        $start.ArgumentList.Clear()
        foreach ($argument in '-s', '-NoLogo', '-NoProfile', '-ConfigurationFile', $file) { $start.ArgumentList.Add($argument) }
        $start.Environment['SIMULATED_HOST'] = "$(if ($UseSSL) { 'https' } else { 'http' })://${ComputerName}:$Port"
        if ($null -ne $Credential) {
            $start.Environment['SIMULATED_USER'] = $Credential.UserName
            $start.Environment['SIMULATED_PASSWORD'] = $Credential.GetNetworkCredential().Password
        }
        $runspace = [runspacefactory]::CreateOutOfProcessRunspace($null, $server)
        $runspace.Open()
        [Management.Automation.Runspaces.PSSession]::Create($runspace, 'WSMan', $PSCmdlet)
    } finally { Remove-Item -Path $file }
}

function Write-OpenFailure {
    param([int] $Code, [string] $Id)
    $exception = [Management.Automation.Remoting.PSRemotingTransportException]::new('Verbindungsfehler')
    $exception.ErrorCode = $Code
    throw ([Management.Automation.ErrorRecord]::new($exception, $Id, 'OpenError', $null))
}

Export-ModuleMember -Function New-PSSession
