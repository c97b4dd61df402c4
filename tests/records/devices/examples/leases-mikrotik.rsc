# 2024-03-01 10:00:00 by RouterOS 7.13
/ip dhcp-server lease
add address=192.168.88.20 client-id=1:44:19:b6:12:34:56 comment="Hall cam" mac-address=44:19:B6:12:34:56 server=defconf
add address=192.168.88.21 mac-address=3C:EF:8C:12:34:56 server=\
    defconf
