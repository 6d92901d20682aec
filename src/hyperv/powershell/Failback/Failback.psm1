# An endpoint for failback on a Hyper-V host (Just Enough Administration): whoever may use it may ask and do here what failback asks and does, and
# nothing else, without being an administrator. Register-FailbackEndpoint.ps1 sets it up.

. (Join-Path -Path $PSScriptRoot -ChildPath 'cim.ps1')

$HyperV = 'root/virtualization/v2'
$Windows = 'root/cimv2'
$Readable = @{
    $HyperV  = '*'
    $Windows = 'Win32_OperatingSystem', 'Win32_ComputerSystem', 'Win32_Service'
}
$Methods = @{
    "$HyperV/Msvm_ReplicationService"               = 'InitiateFailback', 'InitiateFailover', 'CommitFailover', 'RevertFailover',
        'ReverseReplicationRelationship', 'StartReplication', 'Resynchronize', 'TestReplicaSystem', 'GetReplicationStatistics', 'GetSystemCertificates'
    "$HyperV/Msvm_ComputerSystem"                   = 'RequestStateChange', 'RequestReplicationStateChangeEx'
    "$HyperV/Msvm_ShutdownComponent"                = , 'InitiateShutdown'
    "$HyperV/Msvm_ConcreteJob"                      = 'RequestStateChange', 'GetErrorEx'
    "$HyperV/Msvm_ImageManagementService"           = , 'GetVirtualHardDiskSettingData'
    "$HyperV/Msvm_VirtualSystemManagementService"   = , 'DestroySystem'
    "$Windows/StdRegProv"                           = , 'GetDWORDValue'
}
$ReplicationKey = 'SOFTWARE\Microsoft\Windows NT\CurrentVersion\Virtualization\Replication'
$ReplicationValue = 'MaximumActiveTransfers'
# Msvm_ComputerSystem.ReplicationMode
$TestReplica = 3

# One request, answered as "CLOCK ANSWER": milliseconds on the clock here, and JSON in base64.
function Invoke-FailbackHostRequest {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Encoded,
        # This clock minus the one the moments of the request are told by, milliseconds.
        [double] $Offset
    )
    $request = Read-FailbackRequest $Encoded
    foreach ($name in 'deadline', 'sendBy') {
        if ($null -ne $request.$name) { $request.$name = $request.$name + $Offset }
    }
    $answer = New-Object -TypeName Text.StringBuilder -ArgumentList (Get-FailbackAnswer $request)
    (Get-FailbackClock) + ' ' + (ConvertTo-FailbackLine $answer)
    $Error.Clear()
}

function Invoke-FailbackOperation {
    param($Request, $Answer)
    if ($Request.operation -eq 'ping') { [void] $Answer.Append($FailbackVersion); return }
    Assert-FailbackAllowed $Request
    Invoke-FailbackCim $Request $Answer
}

function Assert-FailbackAllowed {
    param($Request)
    if (-not (Test-FailbackShape $Request)) { throw 'failback.not-allowed' }
    $isAllowed = switch ($Request.operation) {
        'query' { Test-FailbackQuery (Get-FailbackText $Request.namespace) (Get-FailbackText $Request.query) }
        'get' { Test-FailbackReadable (Get-FailbackText $Request.target.namespace) $Request.target.className }
        'invoke' { Test-FailbackMethod $Request }
    }
    if ($isAllowed -ne $true) { throw 'failback.not-allowed' }
}

# One text where there is to be one: a list would be looked at in one way here and taken in another by the cmdlets.
function Test-FailbackShape {
    param($Request)
    foreach ($name in 'operation', 'method') { if (-not (Test-FailbackName $Request.$name)) { return $false } }
    if (-not (Test-FailbackNamespace $Request.namespace)) { return $false }
    if (-not (Test-FailbackText $Request.query)) { return $false }
    if (-not (Test-FailbackReferenceShape $Request.target)) { return $false }
    foreach ($parameter in $Request.parameters) {
        foreach ($name in 'name', 'type') { if (-not (Test-FailbackName $parameter.$name)) { return $false } }
        if ($parameter.type -eq 'reference') { $isRight = Test-FailbackReferenceShape $parameter.value } else { $isRight = Test-FailbackText $parameter.value }
        if (-not $isRight) { return $false }
    }
    $true
}

function Test-FailbackReferenceShape {
    param($Reference)
    if ($null -eq $Reference) { return $true }
    if (-not (Test-FailbackNamespace $Reference.namespace)) { return $false }
    if (-not (Test-FailbackName $Reference.className)) { return $false }
    foreach ($key in $Reference.keys) {
        if (-not (Test-FailbackName $key.name)) { return $false }
        if (-not (Test-FailbackText $key.value)) { return $false }
    }
    $true
}

function Test-FailbackText {
    param($Value)
    $null -eq $Value -or $Value -is [string]
}

# PowerShell compares as people do and overlooks characters without a width (a zero too), CIM does not: a name has none.
function Test-FailbackName {
    param($Value)
    $null -eq $Value -or ($Value -is [string] -and $Value -cmatch '^[A-Za-z0-9_]+\z')
}

# As it comes: a text of the request, without escapes.
function Test-FailbackNamespace {
    param($Value)
    $null -eq $Value -or ($Value -is [string] -and $Value -cmatch '^=[A-Za-z0-9_]+(/[A-Za-z0-9_]+)*\z')
}

function Test-FailbackReadable {
    param([string] $Namespace, [string] $ClassName)
    $classes = $Readable[$Namespace]
    (Test-FailbackName $ClassName) -and ($classes -eq '*' -or $classes -contains $ClassName)
}

# The two forms of query that failback has; no other word of WQL is let in.
function Test-FailbackQuery {
    param([string] $Namespace, [string] $Query)
    if ($Query -match "^SELECT (\*|\w+(, \w+)*) FROM (?<class>\w+)( WHERE \w+ = '[^'\\]*')?\z") { return Test-FailbackReadable $Namespace $Matches.class }
    $isAssociation = "^ASSOCIATORS OF \{(?<class>\w+)\.\w+='[^'{}]*'\} WHERE AssocClass = \w+ ResultClass = (?<result>\w+)\z"
    if ($Query -notmatch $isAssociation) { return $false }
    (Test-FailbackReadable $Namespace $Matches.class) -and (Test-FailbackReadable $Namespace $Matches.result)
}

function Test-FailbackMethod {
    param($Request)
    $target = $Request.target
    if ($Methods["$(Get-FailbackText $target.namespace)/$($target.className)"] -notcontains $Request.method) { return $false }
    switch ($Request.method) {
        # Of the registry one value, of machines those that were made for a test.
        'GetDWORDValue' {
            [StringComparer]::OrdinalIgnoreCase.Equals((Get-FailbackParameter $Request 'sSubKeyName'), $ReplicationKey) -and
            [StringComparer]::OrdinalIgnoreCase.Equals((Get-FailbackParameter $Request 'sValueName'), $ReplicationValue)
        }
        'DestroySystem' { Test-FailbackTestReplica $Request (Get-FailbackParameter $Request 'AffectedSystem') }
        default { $true }
    }
}

function Test-FailbackTestReplica {
    param($Request, $Reference)
    if ($null -eq $Reference -or $Reference.className -ne 'Msvm_ComputerSystem' -or (Get-FailbackText $Reference.namespace) -ne $HyperV) { return $false }
    $mode = (Read-FailbackObject $Request $Reference).CimInstanceProperties | Where-Object -FilterScript { $_.Name -eq 'ReplicationMode' }
    $null -ne $mode -and $mode.Value -eq $TestReplica
}

function Get-FailbackParameter {
    param($Request, [string] $Name)
    foreach ($parameter in $Request.parameters) {
        if ($parameter.name -ne $Name) { continue }
        if ($parameter.type -eq 'reference') { return $parameter.value }
        return Get-FailbackText $parameter.value
    }
}

Export-ModuleMember -Function Invoke-FailbackHostRequest
