# What CMake must know to build for {{ target }}. Libraries and headers of this machine are for another libc, so they
# are looked for only in what cargo has built for the target, and in what is kept beside this file.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR {{ cmake_processor }})
set(CMAKE_C_COMPILER [==[{{ folder }}/cc]==])
set(CMAKE_CXX_COMPILER [==[{{ folder }}/c++]==])
set(CMAKE_ASM_COMPILER [==[{{ folder }}/cc]==])
set(CMAKE_AR [==[{{ folder }}/ar]==])
set(CMAKE_RANLIB [==[{{ folder }}/ranlib]==])
set(CMAKE_FIND_ROOT_PATH [==[{{ root }}]==] ${CMAKE_PREFIX_PATH})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
