# The CIM cmdlets without a host: what goes in comes out, so that a test can look at what the script did with it.

Import-Module -Name (Join-Path $PSScriptRoot 'CimShapes.psm1')
# Beyond ASCII, without being written so here: Windows PowerShell reads files without a mark in its code page.
$Words = [string][char] 0xE4 + [char] 0x65E5 + [char] 0x672C
$Seen = @{ Removed = 0; Invoked = 0; Credential = $null; ComputerName = $null }

# Nothing but an attack that worked would call these.
function Remove-VM { $Seen.Removed++ }
function Stop-VM { $Seen.Removed++ }

function New-CimSessionOption { param($Protocol, [switch] $UseSsl) "$Protocol" }

function New-CimSession {
    [CmdletBinding()]
    param($ComputerName, $Port, $Authentication, $Credential, $SessionOption, $OperationTimeoutSec)
    $Seen.Credential = $Credential
    $Seen.ComputerName = $ComputerName
    if ($ComputerName -like 'fails-*') {
        Write-Failure ('Zugriff verweigert ' + $Words) 'PermissionDenied' 'HRESULT 0x80070005' 2
    }
    'session'
}

function Remove-CimSession { param($CimSession) }

function New-Property {
    param($Name, $Value, $CimType = 'String', $Flags = 'Property')
    [pscustomobject]@{ Name = $Name; Value = $Value; CimType = $CimType; Flags = $Flags }
}

function New-CimInstance {
    param([switch] $ClientOnly, $Namespace, $ClassName, [Collections.IDictionary] $Property, [string[]] $Key)
    New-InstanceShape $ClassName $Namespace @(foreach ($name in $Property.Keys) { New-Property $name $Property[$name] 'String' 'Property, Key' })
}

function Get-CimInstance {
    [CmdletBinding()]
    param($CimSession, $Namespace, $Query, $InputObject, $OperationTimeoutSec)
    if ($null -ne $InputObject) {
        if ($InputObject.CimSystemProperties.ClassName -eq 'Echo_Slow' -or "$($InputObject.CimInstanceProperties.Value)" -eq 'slow') { Start-Sleep -Milliseconds 700 }
        return $InputObject
    }
    $class = if ($Query -match 'FROM (\w+)') { $Matches[1] } else { '' }
    switch ($class) {
        'Echo_Credential' {
            $user = $null
            $password = $null
            if ($null -ne $Seen.Credential) {
                $user = $Seen.Credential.UserName
                $pointer = [Runtime.InteropServices.Marshal]::SecureStringToBSTR($Seen.Credential.Password)
                $password = [Runtime.InteropServices.Marshal]::PtrToStringBSTR($pointer)
            }
            New-InstanceShape $class $Namespace @(
                New-Property 'UserName' $user
                New-Property 'Password' $password
                New-Property 'ComputerName' $Seen.ComputerName
                New-Property 'Removed' $Seen.Removed
            )
        }
        'Echo_Types' {
            New-InstanceShape $class $Namespace @(
                New-Property 'Nothing' $null
                New-Property 'Empty' ''
                New-Property 'Large' ([uint64]::MaxValue)
                New-Property 'Negative' ([int64]::MinValue)
                New-Property 'Real' 1234.5
                New-Property 'Yes' $true
                New-Property 'No' $false
                New-Property 'None' @()
                New-Property 'One' ([uint16[]] @(7))
                New-Property 'Two' @('a', $null)
                New-Property 'Moment' ([datetime]::new(2026, 11, 30, 20, 15, 1, 234, [DateTimeKind]::Utc))
                New-Property 'Local' ([datetime]::new(2026, 1, 2, 3, 4, 5, [DateTimeKind]::Utc).ToLocalTime())
                New-Property 'Interval' ([timespan]::new(12, 3, 4, 5, 678))
                New-Property 'Words' "tab`tquote`" back\slash $Words $([char]::ConvertFromUtf32(0x1F389)) $([char]0xD800) $([char]0)"
                New-Property 'Friend' (New-CimInstance -Namespace 'root\virtualization\v2' -ClassName 'Echo_Friend' -Property ([ordered]@{ A = 'x'; B = [uint32] 7 }) -Key 'A', 'B') 'Reference'
                New-Property 'Inside' (New-InstanceShape 'Echo_Inside' $Namespace @(New-Property 'P' 'q')) 'Instance'
            )
        }
        'Echo_Noise' {
            Write-Warning 'a warning'
            Write-Verbose 'verbose' -Verbose
            Write-Host 'to the host {"value":null}'
            Write-Information 'information' -InformationAction Continue
            Write-Progress -Activity 'progress' -PercentComplete 50
            Write-Error 'an error that ends nothing' -ErrorAction Continue
            [Console]::Out.Write([char] 0xFEFF + 'noise without an end')
            [Console]::Error.WriteLine('noise')
            [Console]::OutputEncoding = [Text.Encoding]::GetEncoding(28591)
            New-InstanceShape $class $Namespace @(New-Property 'Name' $Words)
        }
        'Echo_Many' { foreach ($number in 1..2000) { New-InstanceShape $class $Namespace @(New-Property 'Name' "vm-$number-$Words"; New-Property 'Other' $number) } }
        'Echo_Denied' { Write-Failure 'Zugriff verweigert' 'PermissionDenied' 'HRESULT 0x80041003' 2 }
        'Echo_Gone' { Write-Failure 'Nicht gefunden' 'ObjectNotFound' 'MiClientApiError_NotFound' 6 }
        'Echo_Broken' { throw 'something of PowerShell' }
        'Echo_Exit' { [Environment]::Exit(3) }
        'Echo_Sleep' { Start-Sleep -Seconds 3600 }
    }
}

function Invoke-CimMethod {
    [CmdletBinding()]
    param($CimSession, $InputObject, $MethodName, [Collections.IDictionary] $Arguments, $OperationTimeoutSec)
    $Seen.Invoked++
    if ($MethodName -eq 'Sleep') { Start-Sleep -Seconds 3600 }
    if ($MethodName -eq 'Exit' -or "$($InputObject.CimInstanceProperties.Value)" -eq 'exit') { [Diagnostics.Process]::GetCurrentProcess().Kill() }
    if ($MethodName -eq 'Fail') { Write-Failure 'Kaputt' 'NotSpecified' 'HRESULT 0x80041001' 1 }
    if ($MethodName -eq 'Refuse') { Write-Failure 'Zugriff verweigert' 'PermissionDenied' 'HRESULT 0x80041003' 2 }
    $result = [ordered]@{ ReturnValue = [uint32] 0; Invoked = $Seen.Invoked; Removed = $Seen.Removed }
    foreach ($key in $InputObject.CimInstanceProperties) { $result["key $($key.Name)"] = $key.Value }
    foreach ($name in $Arguments.Keys) {
        $value = $Arguments[$name]
        if ($value -is [Management.Automation.PSReference]) { $value = $value.Value }
        $result[$name] = $value
        $result["type of $name"] = $value.GetType().FullName
    }
    [pscustomobject] $result
}

function Write-Failure {
    param($Message, $Category, $Id, $Native)
    $exception = New-Object -TypeName Exception -ArgumentList $Message
    Add-Member -InputObject $exception -NotePropertyName NativeErrorCode -NotePropertyValue $Native
    Add-Member -InputObject $exception -NotePropertyName MessageId -NotePropertyValue $Id
    throw (New-Object -TypeName Management.Automation.ErrorRecord -ArgumentList $exception, $Id, $Category, $null)
}

Export-ModuleMember -Function Remove-VM, Stop-VM, New-CimSessionOption, New-CimSession, Remove-CimSession, New-CimInstance, Get-CimInstance, Invoke-CimMethod
