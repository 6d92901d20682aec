# Sets up the endpoint "Failback" on this Hyper-V host. Run it as administrator, in Windows PowerShell 5.1, from the folder it came in:
#
#   .\Register-FailbackEndpoint.ps1 -Group 'CONTOSO\DR Operators'
#
# It copies this folder to where modules of the machine are, and registers a session configuration in which members of the group have one command.
# Their orders are carried out by a virtual account that exists for the session only and is a Hyper-V administrator, not one of the machine. WinRM is restarted, which ends other remote sessions. Nothing
# of it was ever tried on Windows.
[CmdletBinding(SupportsShouldProcess)]
param(
    # Groups or accounts that may use the endpoint, as DOMAIN\name or COMPUTERNAME\name.
    [Parameter(Mandatory)] [string[]] $Group,
    # By which the plan asks for it: powershell.configurationName. What is registered under it is replaced, so not one of Windows' own.
    [ValidatePattern('^(?!Microsoft\.)[A-Za-z0-9][A-Za-z0-9._-]*\z')] [string] $Name = 'Failback',
    # Where modules of the machine are.
    [string] $ModulePath = (Join-Path -Path $env:ProgramFiles -ChildPath 'WindowsPowerShell\Modules'),
    # Local groups the virtual account is a member of; default: Hyper-V Administrators, whatever it is called here.
    [string[]] $RunAsVirtualAccountGroups,
    # Where transcripts of the sessions are kept. Only administrators may read them or have made the folder.
    [string] $TranscriptDirectory = (Join-Path -Path $env:ProgramFiles -ChildPath 'Failback\Transcripts')
)

$ErrorActionPreference = 'Stop'
$module = Join-Path -Path $ModulePath -ChildPath 'Failback'
if (-not $PSCmdlet.ShouldProcess($module, "Register the endpoint $Name")) { return }

[void] (New-Item -Path $module -ItemType Directory -Force)
if ((Resolve-Path -Path $module).Path -ne $PSScriptRoot) { Copy-Item -Path (Join-Path -Path $PSScriptRoot -ChildPath '*') -Destination $module -Recurse -Force }
[void] (New-Item -Path $TranscriptDirectory -ItemType Directory -Force)
# SYSTEM, Administrators
icacls.exe $TranscriptDirectory /inheritance:r /grant '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' | Out-Null
if ($LASTEXITCODE -ne 0) { throw "$TranscriptDirectory can not be kept from others." }
if ($null -eq $RunAsVirtualAccountGroups) {
    $administrators = (New-Object -TypeName Security.Principal.SecurityIdentifier -ArgumentList 'S-1-5-32-578').Translate([Security.Principal.NTAccount])
    $RunAsVirtualAccountGroups = $administrators.Value.Split('\')[-1]
}

$roles = @{}
foreach ($each in $Group) { $roles[$each] = @{ RoleCapabilities = 'Failback' } }
$configuration = @{
    Path                      = Join-Path -Path $module -ChildPath "$Name.pssc"
    SessionType               = 'RestrictedRemoteServer'
    LanguageMode              = 'NoLanguage'
    RunAsVirtualAccount       = $true
    RunAsVirtualAccountGroups = $RunAsVirtualAccountGroups
    TranscriptDirectory       = $TranscriptDirectory
    RoleDefinitions           = $roles
    Description               = 'failback brings Hyper-V Replica virtual machines home through this endpoint.'
}
New-PSSessionConfigurationFile @configuration
# What is there already can not be registered once more. The restart waits for that: it may end the session in which this runs.
if ($null -ne (Get-PSSessionConfiguration -Name $Name -ErrorAction SilentlyContinue)) { Unregister-PSSessionConfiguration -Name $Name -Force -NoServiceRestart }
Register-PSSessionConfiguration -Name $Name -Path $configuration.Path -Force
